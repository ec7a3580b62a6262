"""Print what the house is held to: `python -m tests.house`."""

from tests.house.names import SHARED_CLASS_NAMES, classes_twice, empty_share
from tests.house.rooms import EXCEPTIONS, FLOORS, circles, upward_arrows
from tests.house.sizes import LINES_BEFORE, bodies, lines, long_modules, product_lines
from tests.house.tree import CODE, modules


def main() -> None:
    for label, tops in (("product, scripts, benchmarks", CODE), ("tests", ("tests",))):
        count, total, names = empty_share(modules(*tops))
        print(f"content-free names, {label}: {count} of {total}, {count / total:.2%}")
        print(f"  {dict(names.most_common())}")
    print(f"class names that stand twice: {len(classes_twice())}; exceptions: {SHARED_CLASS_NAMES}")
    for name, paths in classes_twice().items():
        print(f"  {name}: {', '.join(paths)}")
    print("rooms, from top to bottom:")
    for rooms in FLOORS:
        print(f"  {', '.join(rooms)}")
    _print_all("upward arrows", list(upward_arrows()))
    _print_all("exceptions", [f"{a} -> {b}: {why}" for (a, b), why in EXCEPTIONS.items()])
    _print_all("circles", circles())
    lengths = bodies()
    print(f"body of functions: p95 {lengths[len(lengths) // 20][0]}, max {lengths[0]}")
    _print_all("modules over 300 lines", long_modules())
    for top, count in lines().items():
        print(f"lines of Python in {top}: {LINES_BEFORE[top]} before, {count} now")
    before, now = product_lines()
    print(f"lines of the product: {before} before, {now} now, {before - now} fewer")


def _print_all(label: str, entries: list) -> None:
    print(f"{label}: {len(entries)}")
    for entry in entries:
        print(f"  {entry}")


if __name__ == "__main__":
    main()
