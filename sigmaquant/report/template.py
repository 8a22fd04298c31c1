"""Pages from templates: one HTML file without outside references."""

from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from sigmaquant.report import theme


def fill(name: str, **values: object) -> str:
    """The template `name` of this package with `values`, palette and style. Same values, same page.

    Every template extends base.html: it needs `network`, `headline` and `lead`.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_source)
    )
    page = environment.get_template(name).render(
        palette=theme.css(), css=_source("page.css"), **values
    )
    return page.strip() + "\n"


def _source(name: str) -> str:
    return (resources.files("sigmaquant.report") / name).read_text(encoding="utf-8")
