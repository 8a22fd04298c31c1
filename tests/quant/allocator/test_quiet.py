import subprocess
import sys
import textwrap


def test_native_output_within_the_block_is_gone_and_all_other_stays() -> None:
    code = textwrap.dedent(
        """
        import ctypes
        from quant.allocator.quiet import native_output_discarded

        libc = ctypes.CDLL(None)
        print("before")
        libc.puts(b"native before")
        with native_output_discarded():
            libc.puts(b"native within")
        libc.puts(b"native after")
        print("after")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert sorted(done.stdout.split("\n")) == [
        "",
        "after",
        "before",
        "native after",
        "native before",
    ]


def test_output_comes_back_after_an_error() -> None:
    code = textwrap.dedent(
        """
        from quant.allocator.quiet import native_output_discarded

        try:
            with native_output_discarded():
                raise KeyError
        except KeyError:
            print("told")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "told\n"
