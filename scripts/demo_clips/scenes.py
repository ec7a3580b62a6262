"""The places of the clips. Each function draws one; `h` is the height in widths."""

import random
from collections.abc import Callable

from scripts.demo_clips.canvas import Canvas, Colour

WHITE, BLACK = (250, 250, 248), (24, 24, 32)


def beach(c: Canvas, h: float) -> None:
    c.gradient((120, 200, 240), (225, 240, 245), 0, 0.55 * h)
    c.disc(0.78, 0.25, 0.11, (255, 225, 120))
    c.gradient((40, 130, 180), (90, 190, 205), 0.55 * h, 0.7 * h)
    c.gradient((240, 215, 160), (215, 180, 120), 0.7 * h, h)
    c.line([(0.12, 0.78 * h), (0.18, 0.5 * h), (0.16, 0.36 * h)], 0.035, (120, 85, 50))
    for x, y in ((-0.05, 0.4), (0.02, 0.31), (0.24, 0.29), (0.36, 0.34), (0.34, 0.42)):
        c.line([(0.16, 0.36 * h), (x, y * h)], 0.035, (50, 130, 70))


def city(c: Canvas, h: float) -> None:
    c.gradient((18, 22, 60), (90, 60, 120), 0, 0.8 * h)
    c.disc(0.2, 0.22, 0.08, (245, 240, 210))
    dice = random.Random(2)
    x = 0.0
    while x < 1:
        width, top = dice.uniform(0.12, 0.2), dice.uniform(0.3, 0.55) * h
        c.box(x, top, x + width - 0.01, 0.82 * h, (30, 32, 52))
        for row in range(int((0.8 * h - top) / 0.07)):
            for column in range(int(width / 0.05)):
                if dice.random() < 0.55:
                    corner, up = x + 0.012 + column * 0.05, top + 0.025 + row * 0.07
                    c.box(corner, up, corner + 0.022, up + 0.035, (255, 214, 110))
        x += width
    c.gradient((58, 60, 74), (40, 42, 54), 0.82 * h, h)


def forest(c: Canvas, h: float) -> None:
    c.gradient((190, 225, 215), (235, 245, 225), 0, 0.75 * h)
    for row, colour in enumerate(((120, 170, 140), (70, 135, 95), (35, 95, 65))):
        for number in range(-1, 5):
            x = number * 0.26 + 0.13 * (row % 2)
            top, foot = (0.2 + 0.12 * row) * h, (0.62 + 0.08 * row) * h
            c.shape([(x + 0.13, top), (x - 0.03, foot), (x + 0.29, foot)], colour)
    c.gradient((95, 130, 70), (60, 90, 50), 0.78 * h, h)


def kitchen(c: Canvas, h: float) -> None:
    c.box(0, 0, 1, h, (245, 238, 225))
    for row in range(int(0.6 * h / 0.125)):
        for column in range(8):
            shade = 236 if (row + column) % 2 else 214
            corner, top = column * 0.125, row * 0.125
            c.box(corner + 0.006, top + 0.006, corner + 0.119, top + 0.119, (shade, 226, 222))
    c.box(0.55, 0.1 * h, 0.92, 0.36 * h, (120, 85, 60))
    c.box(0.58, 0.117 * h, 0.89, 0.343 * h, (170, 215, 240))
    c.box(0, 0.62 * h, 1, 0.68 * h, (140, 95, 60))
    c.box(0, 0.68 * h, 1, h, (200, 80, 70))
    for x in (0.04, 0.37, 0.7):
        c.box(x, 0.71 * h, x + 0.27, 0.97 * h, (220, 105, 90))
        c.disc(x + 0.135, 0.74 * h, 0.018, WHITE)


def snow(c: Canvas, h: float) -> None:
    c.gradient((150, 180, 210), (225, 232, 240), 0, 0.7 * h)
    c.shape([(-0.1, 0.7 * h), (0.3, 0.25 * h), (0.7, 0.7 * h)], (120, 140, 170))
    c.shape([(0.19, 0.373 * h), (0.3, 0.25 * h), (0.41, 0.373 * h), (0.3, 0.35 * h)], WHITE)
    c.shape([(0.4, 0.7 * h), (0.8, 0.33 * h), (1.2, 0.7 * h)], (145, 162, 190))
    c.oval(-0.4, 0.62 * h, 0.8, 1.1 * h, (240, 244, 250))
    c.oval(0.3, 0.66 * h, 1.5, 1.2 * h, WHITE)
    dice = random.Random(5)
    for _ in range(70):
        c.disc(dice.random(), dice.random() * h, dice.uniform(0.004, 0.011), WHITE)


def desert(c: Canvas, h: float) -> None:
    c.gradient((250, 170, 95), (255, 225, 165), 0, 0.6 * h)
    c.disc(0.3, 0.34 * h, 0.14, (255, 245, 205))
    c.oval(-0.5, 0.5 * h, 0.9, 1.0 * h, (215, 140, 75))
    c.oval(0.2, 0.57 * h, 1.7, 1.3 * h, (190, 110, 60))
    c.box(0, 0.8 * h, 1, h, (170, 95, 52))
    green = (60, 115, 75)
    c.line([(0.82, 0.78 * h), (0.82, 0.48 * h)], 0.06, green)
    c.line([(0.82, 0.66 * h), (0.7, 0.64 * h), (0.7, 0.56 * h)], 0.045, green)
    c.line([(0.82, 0.61 * h), (0.93, 0.59 * h), (0.93, 0.53 * h)], 0.045, green)


def sea(c: Canvas, h: float) -> None:
    c.gradient((90, 200, 225), (10, 60, 120), 0, 0.85 * h)
    c.gradient((200, 185, 140), (150, 135, 100), 0.85 * h, h)
    for number, x in enumerate((0.1, 0.2, 0.72, 0.85, 0.93)):
        top = (0.5 + 0.07 * (number % 3)) * h
        points = [(x, 0.9 * h), (x + 0.04, 0.78 * h), (x - 0.03, 0.66 * h), (x + 0.02, top)]
        c.line(points, 0.035, (40, 140, 90))
    dice = random.Random(4)
    for _ in range(26):
        c.disc(dice.random(), dice.random() * 0.8 * h, dice.uniform(0.008, 0.024), (185, 232, 242))


def space(c: Canvas, h: float) -> None:
    c.gradient((10, 8, 30), (40, 20, 70), 0, h)
    dice = random.Random(3)
    for _ in range(110):
        c.disc(dice.random(), dice.random() * h, dice.uniform(0.002, 0.007), WHITE)
    c.disc(0.72, 0.27 * h, 0.17, (225, 150, 90))
    c.oval(0.44, 0.25 * h, 1.0, 0.29 * h, (240, 205, 150))
    c.disc(0.2, 0.95 * h, 0.5, (120, 125, 140))
    for x, y, radius in ((0.1, 0.84, 0.06), (0.36, 0.88, 0.05), (0.22, 0.95, 0.07)):
        c.disc(x, y * h, radius, (95, 98, 115))


def stage(c: Canvas, h: float) -> None:
    c.box(0, 0, 1, h, (60, 12, 25))
    for number in range(10):
        c.box(number * 0.1, 0, number * 0.1 + 0.055, 0.76 * h, (150, 25, 45))
    c.shape([(0.42, 0), (0.58, 0), (0.95, 0.82 * h), (0.05, 0.82 * h)], (205, 130, 110))
    c.gradient((175, 120, 70), (110, 70, 40), 0.76 * h, h)
    c.oval(0.08, 0.78 * h, 0.92, 0.92 * h, (235, 195, 135))
    for number in range(6):
        c.oval(number * 0.2 - 0.1, -0.06, number * 0.2 + 0.1, 0.09, (190, 40, 60))


def garden(c: Canvas, h: float) -> None:
    c.gradient((160, 215, 245), (215, 240, 250), 0, 0.6 * h)
    for x, y in ((0.2, 0.13), (0.7, 0.2)):
        for shift, radius in ((-0.08, 0.06), (0, 0.085), (0.09, 0.06)):
            c.disc(x + shift, y * h, radius, WHITE)
    for number in range(9):
        x = number * 0.12
        c.box(x, 0.5 * h, x + 0.075, 0.7 * h, (240, 240, 235))
        c.shape([(x, 0.5 * h), (x + 0.0375, 0.47 * h), (x + 0.075, 0.5 * h)], (240, 240, 235))
    c.box(0, 0.56 * h, 1, 0.585 * h, (225, 225, 218))
    c.gradient((120, 190, 90), (70, 140, 60), 0.68 * h, h)
    colours: tuple[Colour, ...] = ((235, 80, 110), (250, 200, 70), (150, 90, 200))
    for number in range(11):
        x, y = 0.05 + number * 0.09, (0.9 + 0.05 * (number % 2)) * h
        c.line([(x, y), (x, y + 0.08)], 0.01, (40, 110, 50))
        c.disc(x, y, 0.035, colours[number % 3])


def street(c: Canvas, h: float) -> None:
    c.gradient((190, 215, 235), (230, 238, 240), 0, 0.5 * h)
    walls: tuple[Colour, ...] = ((215, 120, 90), (240, 200, 110), (120, 165, 190), (180, 140, 180))
    for number, wall in enumerate(walls):
        x, top = number * 0.25, (0.24 + 0.06 * (number % 2)) * h
        c.box(x, top, x + 0.25, 0.72 * h, wall)
        c.shape([(x, top), (x + 0.125, top - 0.11), (x + 0.25, top)], (120, 65, 55))
        for row in range(3):
            up = top + 0.07 + row * 0.2
            c.box(x + 0.04, up, x + 0.1, up + 0.1, (245, 245, 230))
            c.box(x + 0.15, up, x + 0.21, up + 0.1, (245, 245, 230))
    c.box(0, 0.72 * h, 1, 0.77 * h, (200, 195, 185))
    c.box(0, 0.77 * h, 1, h, (90, 92, 98))
    for number in range(5):
        c.box(number * 0.24, 0.885 * h, number * 0.24 + 0.12, 0.9 * h, (240, 225, 150))


def room(c: Canvas, h: float) -> None:
    c.box(0, 0, 1, 0.74 * h, (235, 200, 120))
    for number in range(7):
        c.box(number * 0.15, 0, number * 0.15 + 0.05, 0.74 * h, (228, 188, 104))
    c.box(0.08, 0.12 * h, 0.5, 0.36 * h, (110, 70, 45))
    c.box(0.11, 0.137 * h, 0.47, 0.343 * h, (245, 245, 240))
    c.disc(0.22, 0.24 * h, 0.06, (200, 60, 70))
    c.shape([(0.24, 0.33 * h), (0.35, 0.2 * h), (0.45, 0.33 * h)], (60, 110, 160))
    c.line([(0.82, 0), (0.82, 0.18 * h)], 0.01, BLACK)
    c.shape([(0.74, 0.25 * h), (0.78, 0.18 * h), (0.86, 0.18 * h), (0.9, 0.25 * h)], (70, 150, 140))
    c.box(0, 0.74 * h, 1, h, (150, 100, 65))
    c.oval(0.1, 0.79 * h, 0.9, 0.96 * h, (170, 60, 75))
    c.oval(0.18, 0.81 * h, 0.82, 0.94 * h, (225, 190, 160))


Draw = Callable[[Canvas, float], None]
SCENES: dict[str, tuple[Draw, str]] = {
    "beach": (beach, "on a beach"),
    "city": (city, "in a city at night"),
    "forest": (forest, "in a forest"),
    "kitchen": (kitchen, "in a kitchen"),
    "snow": (snow, "in the snow"),
    "desert": (desert, "in a desert"),
    "sea": (sea, "under water"),
    "space": (space, "on a moon"),
    "stage": (stage, "on a stage"),
    "garden": (garden, "in a garden"),
    "street": (street, "in a street"),
    "room": (room, "in a living room"),
}
"""How to draw each place, and the words for it."""

LIGHTS: tuple[tuple[Colour, float], ...] = (
    ((255, 255, 255), 0.0),
    ((255, 130, 60), 0.28),
    ((40, 50, 140), 0.4),
    ((255, 150, 190), 0.3),
    ((60, 170, 120), 0.3),
)
"""Day, evening, night, dawn and a storm: a colour, and how strong it is."""
