import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth import cell_function
from synth.cell_function import evaluate, truth_table
from synth.errors import LibertyError

ONES = 0b11111111
COLUMNS = {"A": 0b10101010, "B": 0b11001100, "C": 0b11110000}


@pytest.mark.parametrize(
    ("function", "table"),
    [
        ("A", cell_function.IDENTITY),
        ("!A", cell_function.NOT),
        ("A'", cell_function.NOT),
        ("A''", cell_function.IDENTITY),
        ("!(A')", cell_function.IDENTITY),
        ("0", 0b00),
        ("1", 0b11),
    ],
)
def test_one_input(function: str, table: int) -> None:
    assert truth_table(function, ["A"]) == table


@pytest.mark.parametrize("function", ["(A B)'", "!(A*B)", "!(A & B)", "!A + !B", "A' | B'"])
def test_every_way_to_write_a_nand(function: str) -> None:
    assert truth_table(function, ["A", "B"]) == cell_function.NAND2


@pytest.mark.parametrize(
    "function", ["(A^B)^C", "A ^ (B ^ C)", "(A&!B&!C)|(!A&B&!C)|(!A&!B&C)|(A&B&C)"]
)
def test_every_way_to_write_a_sum(function: str) -> None:
    assert truth_table(function, ["A", "B", "C"]) == cell_function.XOR3


@pytest.mark.parametrize("function", ["(((A B)+(B C))+(C A))", "(A*B)+(C*(A+B))"])
def test_every_way_to_write_a_carry(function: str) -> None:
    assert truth_table(function, ["A", "B", "C"]) == cell_function.MAJORITY3


def test_and_binds_tighter_than_exclusive_or_and_that_than_or() -> None:
    expected = COLUMNS["A"] | (COLUMNS["B"] ^ (COLUMNS["C"] & COLUMNS["A"]))

    assert evaluate("A + B ^ C A", COLUMNS, ONES) == expected


EXPRESSIONS = st.recursive(
    st.sampled_from(["A", "B", "C", "0", "1"]),
    lambda inner: st.one_of(
        inner.map("!({})".format),
        inner.map("({})'".format),
        st.tuples(inner, st.sampled_from(["&", "*", " ", "|", "+", "^"]), inner).map(
            lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"
        ),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_agrees_with_python(function: str) -> None:
    python = function.replace("+", "|").replace("*", "&").replace(") (", ")&(")
    while ")'" in python:
        python = _negate_last(python)
    python = python.replace("!", "~").replace("1", "ONES")
    expected = eval(python, {"ONES": ONES, **COLUMNS}) & ONES

    assert evaluate(function, COLUMNS, ONES) == expected


def _negate_last(text: str) -> str:
    """Turn the first (...)' into ~(...)."""
    end = text.index(")'")
    depth, start = 0, end
    while True:
        depth += {")": 1, "(": -1}.get(text[start], 0)
        if not depth:
            return f"{text[:start]}~{text[start : end + 1]}{text[end + 2 :]}"
        start -= 1


@pytest.mark.parametrize("function", ["A B D", "(A", "A)", "A + ", "", "A $ B", "!"])
def test_wrong_functions_are_refused(function: str) -> None:
    with pytest.raises(
        LibertyError, match=r"^cannot read the cell function .* over the pins: A, B$"
    ):
        truth_table(function, ["A", "B"])
