"""Subcommands and their flags, one for each field of a model."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sigmaquant.config import flag


@dataclass(frozen=True, kw_only=True)
class Command:
    """A subcommand's name, its line in the list, what it does, and how it is called."""

    name: str
    summary: str
    description: str
    example: str


def add(commands: Any, command: Command) -> argparse.ArgumentParser:
    """A subcommand's parser among `commands`."""
    return commands.add_parser(
        command.name,
        help=command.summary,
        description=command.description,
        epilog=f"example: {command.example}",
    )


def add_settings(
    parser: argparse.ArgumentParser, model: type[BaseModel], without: tuple[str, ...] = ()
) -> None:
    """A file of settings, and a flag each; values are checked by the model, not here."""
    text = "TOML file of the settings below; flags win"
    parser.add_argument("--config", type=Path, metavar="FILE", help=text)
    add_fields(parser, model, without)


def add_fields(
    parser: argparse.ArgumentParser, model: type[BaseModel], without: tuple[str, ...] = ()
) -> None:
    """One flag per field but those in `without`, and `--fresh`."""
    for name, field in model.model_fields.items():
        if name in without:
            continue
        default = field.get_default(call_default_factory=True)
        parser.add_argument(
            flag(name),
            dest=name,
            metavar="VALUE",
            help=f"{field.description}{_default(default)}".replace("%", "%%"),
        )
    parser.add_argument("--fresh", action="store_true", help="compute every step again")


def _default(value: object) -> str:
    """How the help shows a default; those of nothing are in the descriptions."""
    if value is None or isinstance(value, BaseModel) or value in ((), {}):
        return ""
    shown = ",".join(str(each) for each in value) if isinstance(value, tuple) else value
    return f" (default: {shown})"
