import json

import pytest

from tests.synth.fpga.records import record


def test_record_survives_json() -> None:
    one = record()
    assert type(one).from_json(json.loads(json.dumps(one.to_json()))) == one


def test_luts_at_equal_throughput() -> None:
    figures = record(luts=1600).luts_per_mac_cycle()
    assert figures == {"2": 50, "4": 100, "6": pytest.approx(150), "8": 200}
