"""Which files each function is made of: its own, and the part of shared/ that it imports.

`python scripts/sources.py` writes terraform/sources.json, from which Terraform zips each function;
`--check` says whether it is up to date. Nothing is imported: the sources are read, imports inside
functions count too, and so does every data file that an imported module finds beside itself
(`Path(__file__).parent / "merge"`). A name that is only known at run time, as in
`/ f"{table}.sql"`, stands for every file it could be.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = "terraform/sources.json"
PACKAGE = "shared"
DATA = frozenset({".css", ".j2", ".js", ".json", ".md", ".sql", ".toml", ".txt", ".yaml"})
OWN = ("main.py", "requirements.txt")


class Unclear(Exception):
    """A module reads files, but which ones cannot be told from its source."""


def functions(root: Path = ROOT) -> list[str]:
    return sorted(path.parent.name for path in root.glob("functions/*/main.py"))


def sources(root: Path = ROOT) -> dict[str, list[str]]:
    """Function -> the files of its zip, as paths from the root. Raises Unclear."""
    return {name: sources_of(name, root) for name in functions(root)}


def sources_of(function: str, root: Path = ROOT) -> list[str]:
    found = {root / "functions" / function / name for name in OWN}
    modules = _imported(root / "functions" / function / "main.py", root)
    for module in modules:
        found |= {module, *data_of(module)}
    return sorted(path.relative_to(root).as_posix() for path in found)


def name_in_zip(path: str, function: str) -> str:
    """The function's own files lie at the top, `shared/` beside them."""
    return path.removeprefix(f"functions/{function}/")


def _imported(start: Path, root: Path) -> set[Path]:
    """Modules of shared/ that a file imports, directly or through others."""
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        for name in _names(path, root):
            new = set(_modules(name, root)) - found
            found |= new
            waiting += new
    return found


def _names(path: Path, root: Path) -> Iterator[str]:
    """Dotted names that a file imports. `from a import b` may mean the module a.b."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, path, root)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _absolute(node: ast.ImportFrom, path: Path, root: Path) -> str:
    if not node.level:
        return node.module or ""
    folder = path.parents[node.level - 1].relative_to(root)
    return ".".join([*folder.parts, *filter(None, [node.module])])


def _modules(name: str, root: Path) -> Iterator[Path]:
    """The files that importing a dotted name runs: its packages, then itself."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return
    for length in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:length])
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                yield file


def data_of(module: Path) -> set[Path]:
    """Data files that a module finds from its own place. Raises Unclear when it names none."""
    tree = ast.parse(module.read_text())
    if not any(isinstance(node, ast.Name) and node.id == "__file__" for node in ast.walk(tree)):
        if "importlib.resources" in module.read_text():
            raise Unclear(f"{module}: find data files from __file__, not importlib.resources")
        return set()
    found = {file for pattern in _Places(module, tree).named() for file in _files(pattern)}
    if not found:
        raise Unclear(f"{module}: uses __file__, but names no data file beside it")
    return found


def _files(pattern: Path) -> Iterator[Path]:
    """The data files that a path with `*` stands for; of a folder, all of it."""
    fixed = Path(pattern.anchor)
    for file in fixed.glob(str(pattern.relative_to(fixed))):
        if file.is_dir() and not (file / "__init__.py").exists():
            yield from (inner for inner in file.rglob("*") if inner.suffix in DATA)
        elif file.suffix in DATA:
            yield file


class _Places:
    """The paths that a module builds from `__file__`, as far as its source tells."""

    def __init__(self, module: Path, tree: ast.Module):
        self._module = module
        self._tree = tree
        self._known: dict[str, Path] = {}
        for node in ast.walk(tree):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    if place := self._place(value):
                        self._known[name] = place

    def named(self) -> set[Path]:
        """A folder from which further paths are built stands for those paths only."""
        places = {place for node in ast.walk(self._tree) if (place := self._place(node))}
        return {place for place in places if not any(place in other.parents for other in places)}

    def _place(self, node: ast.AST) -> Path | None:
        match node:
            case ast.Name(id="__file__"):
                return self._module
            case ast.Name(id=name):
                return self._known.get(name)
            case ast.Call(func=ast.Name(id="Path"), args=[inner]):
                return self._place(inner)
            case ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute")):
                return self._place(inner)
            case ast.Call(
                func=ast.Attribute(value=inner, attr="joinpath" | "glob"), args=[first, *rest]
            ):
                return self._below(self._place(inner), [first, *rest])
            case ast.Call(func=ast.Attribute(value=inner, attr="with_name"), args=[name]):
                place = self._place(inner)
                return self._below(place and place.parent, [name])
            case ast.Attribute(value=inner, attr="parent"):
                place = self._place(inner)
                return place and place.parent
            case ast.Subscript(
                value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(n))
            ):
                place = self._place(inner)
                return place and place.parents[n]
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._below(self._place(left), [right])
        return None

    def _below(self, place: Path | None, parts: list[ast.expr]) -> Path | None:
        return place.joinpath(*map(_words, parts)) if place else None


def _words(node: ast.expr) -> str:
    """A piece of a path; what only the run knows is `*`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_words(value) for value in values)
    return "*"


def main(arguments: list[str]) -> int:
    target = ROOT / TARGET
    text = json.dumps(sources(), indent=2) + "\n"
    if target.exists() and target.read_text() == text:
        return 0
    if arguments == ["--check"]:
        sys.stdout.write(f"{TARGET} is out of date; write it anew: python scripts/sources.py\n")
        return 1
    target.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
