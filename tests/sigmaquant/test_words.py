import pytest

from sigmaquant import words


@pytest.mark.parametrize(
    ("function", "word", "value"),
    [
        (words.split, "1, 2,", ["1", "2"]),
        (words.table, "rate=0.1, batch = 3", {"rate": "0.1", "batch": "3"}),
        (words.pins, "a=8,b.c=2", {"a": {"bits": "8"}, "b.c": {"bits": "2"}}),
        (words.groups, "a+b, c + d+e", [["a", "b"], ["c", "d", "e"]]),
        (words.groups, "coupled", "coupled"),
    ],
)
def test_a_word_is_what_a_file_would_say(function, word: str, value: object):
    assert function(word) == value
    assert function(value) == value


@pytest.mark.parametrize("word", ["", "a", "a=", "=3", "a=1,,b=2", "a=1,b"])
def test_a_table_needs_names_and_values(word: str):
    with pytest.raises(ValueError, match="must be name=value, comma separated"):
        words.table(word)


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="a may be given once"):
        words.pins("a=8,b=2,a=4")


@pytest.mark.parametrize("value", ["", "a", "a+b,c", "a++b", 3, [["a"]], [["a", 1]], ["ab"]])
def test_a_group_is_of_two_or_more_layers(value: object):
    with pytest.raises(ValueError, match=r"must be groups of two or more layers, as a\+b,c\+d, or"):
        words.groups(value)
