"""What moves in the clips. Each function draws one on a clear square; lengths are shares of it."""

from collections.abc import Callable
from math import cos, pi, sin

from scripts.demo_clips.canvas import Canvas

WHITE, BLACK = (250, 250, 248), (24, 24, 32)


def ball(c: Canvas) -> None:
    c.disc(0.5, 0.55, 0.42, (235, 60, 60))
    c.oval(0.33, 0.13, 0.67, 0.97, WHITE)
    c.oval(0.43, 0.13, 0.57, 0.97, (50, 110, 210))
    c.disc(0.5, 0.2, 0.06, (250, 205, 70))


def cat(c: Canvas) -> None:
    fur = (70, 70, 82)
    c.oval(0.18, 0.5, 0.82, 1.0, fur)
    c.shape([(0.2, 0.35), (0.22, 0.02), (0.46, 0.22)], fur)
    c.shape([(0.8, 0.35), (0.78, 0.02), (0.54, 0.22)], fur)
    c.oval(0.16, 0.14, 0.84, 0.68, fur)
    for x in (0.36, 0.64):
        c.disc(x, 0.38, 0.085, (245, 220, 90))
        c.oval(x - 0.025, 0.31, x + 0.025, 0.45, BLACK)
    c.shape([(0.45, 0.5), (0.55, 0.5), (0.5, 0.56)], (240, 130, 140))


def fish(c: Canvas) -> None:
    c.shape([(0.72, 0.5), (1.0, 0.24), (1.0, 0.78)], (250, 150, 50))
    c.oval(0.03, 0.24, 0.84, 0.8, (255, 175, 65))
    c.oval(0.38, 0.25, 0.5, 0.79, WHITE)
    c.shape([(0.4, 0.27), (0.55, 0.06), (0.66, 0.3)], (250, 150, 50))
    c.disc(0.22, 0.45, 0.08, WHITE)
    c.disc(0.2, 0.45, 0.04, BLACK)


def cup(c: Canvas) -> None:
    c.oval(0.62, 0.35, 0.98, 0.75, (60, 140, 190))
    c.oval(0.7, 0.43, 0.9, 0.67, (235, 245, 250))
    c.shape([(0.1, 0.25), (0.78, 0.25), (0.7, 0.92), (0.18, 0.92)], (60, 140, 190))
    c.oval(0.1, 0.16, 0.78, 0.34, (235, 245, 250))
    c.oval(0.16, 0.19, 0.72, 0.31, (105, 65, 40))
    c.disc(0.44, 0.6, 0.12, (250, 220, 110))


def flower(c: Canvas) -> None:
    c.line([(0.5, 0.5), (0.5, 1.0)], 0.06, (50, 130, 60))
    for number in range(8):
        angle = number * pi / 4
        c.disc(0.5 + 0.25 * cos(angle), 0.38 + 0.25 * sin(angle), 0.14, (215, 80, 170))
    c.disc(0.5, 0.38, 0.16, (255, 215, 80))


def star(c: Canvas) -> None:
    points = [
        (0.5 + radius * sin(number * pi / 5), 0.52 - radius * cos(number * pi / 5))
        for number, radius in enumerate((0.48, 0.21) * 5)
    ]
    c.shape(points, (255, 205, 50))
    for x in (0.41, 0.59):
        c.disc(x, 0.48, 0.035, BLACK)
    c.line([(0.42, 0.6), (0.5, 0.645), (0.58, 0.6)], 0.03, BLACK)


def balloon(c: Canvas) -> None:
    c.line([(0.5, 0.78), (0.46, 0.9), (0.52, 1.0)], 0.025, BLACK)
    c.shape([(0.44, 0.83), (0.56, 0.83), (0.5, 0.74)], (150, 50, 160))
    c.oval(0.16, 0.0, 0.84, 0.8, (185, 70, 195))
    c.oval(0.28, 0.12, 0.42, 0.34, (230, 165, 235))


def robot(c: Canvas) -> None:
    steel = (150, 165, 180)
    c.line([(0.5, 0.0), (0.5, 0.15)], 0.04, BLACK)
    c.disc(0.5, 0.04, 0.05, (230, 60, 60))
    c.box(0.22, 0.13, 0.78, 0.5, steel)
    c.box(0.3, 0.22, 0.44, 0.36, (90, 230, 220))
    c.box(0.56, 0.22, 0.7, 0.36, (90, 230, 220))
    c.box(0.36, 0.42, 0.64, 0.46, BLACK)
    c.box(0.28, 0.53, 0.72, 0.88, (105, 120, 140))
    for x in (0.1, 0.76):
        c.box(x, 0.56, x + 0.14, 0.8, steel)
    for x in (0.32, 0.54):
        c.box(x, 0.88, x + 0.14, 1.0, BLACK)


def mushroom(c: Canvas) -> None:
    c.box(0.36, 0.5, 0.64, 0.98, (245, 230, 205))
    c.oval(0.04, 0.05, 0.96, 0.9, (210, 45, 50))
    c.box(0.0, 0.52, 1.0, 0.95, (0, 0, 0, 0))  # type: ignore[arg-type]
    c.box(0.36, 0.5, 0.64, 0.98, (245, 230, 205))
    for x, y, radius in ((0.3, 0.32, 0.08), (0.55, 0.2, 0.07), (0.74, 0.38, 0.07)):
        c.disc(x, y, radius, WHITE)


def duck(c: Canvas) -> None:
    c.oval(0.1, 0.45, 0.95, 0.98, (255, 220, 60))
    c.disc(0.34, 0.3, 0.25, (255, 220, 60))
    c.shape([(0.14, 0.28), (-0.04, 0.38), (0.16, 0.42)], (245, 130, 40))
    c.disc(0.3, 0.24, 0.04, BLACK)
    c.oval(0.42, 0.58, 0.84, 0.84, (240, 190, 40))


Draw = Callable[[Canvas], None]
SUBJECTS: dict[str, Draw] = {
    "ball": ball,
    "cat": cat,
    "fish": fish,
    "cup": cup,
    "flower": flower,
    "star": star,
    "balloon": balloon,
    "robot": robot,
    "mushroom": mushroom,
    "duck": duck,
}
