"""How one word on the command line spells what a TOML file has lists and tables for.

Every function turns a word into the file's values and leaves anything else as it is: whoever checks
the values need not know where they came from.
"""

COUPLED = "coupled"


def split(value: object) -> object:
    """`1,2,3` is the list [1, 2, 3]."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def pins(value: object) -> object:
    """`conv1=8,linear=8` is the table of layers that have `bits`."""
    given = table(value)
    if isinstance(value, str) and isinstance(given, dict):
        return {layer: {"bits": bits} for layer, bits in given.items()}
    return given


def table(value: object) -> object:
    """`rate=0.001,batch=128` is a table.

    Raises ValueError for a part without a name and a value, and for a name given twice.
    """
    if not isinstance(value, str):
        return value
    pairs: dict[str, str] = {}
    for part in value.split(","):
        name, equals, content = (piece.strip() for piece in part.partition("="))
        if not (name and equals and content):
            raise ValueError("must be name=value, comma separated")
        if name in pairs:
            raise ValueError(f"{name} may be given once")
        pairs[name] = content
    return pairs


def groups(value: object) -> object:
    """`a+b,c+d` is [[a, b], [c, d]]; the word `coupled` stays.

    Raises ValueError for a group of fewer than two, and for anything that is no list of them.
    """
    if value == COUPLED:
        return value
    if isinstance(value, str):
        value = [[name.strip() for name in group.split("+")] for group in value.split(",")]
    if not isinstance(value, list | tuple) or not all(map(_is_group, value)):
        raise ValueError(f"must be groups of two or more layers, as a+b,c+d, or {COUPLED}")
    return value


def _is_group(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) >= 2
        and all(isinstance(name, str) and name for name in value)
    )
