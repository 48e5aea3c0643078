"""The walls: traced where a bent tube is seen, with ribs, panels, seams, lamps and haze."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call,no-any-return"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clavilux.compiled import fast, kernel
from clavilux.scenes.noise import (
    angle_turn,
    clamp01,
    cos_turn,
    f32,
    glow,
    hash01,
    mix,
    ramp_at,
    sin_turn,
    smoothstep,
    u32,
    value_noise,
)


class Bend(NamedTuple):
    """Where the far end is, in radii from the picture's middle."""

    x: float
    y: float


class Way(NamedTuple):
    """In radii of the tunnel, along it."""

    at: float
    """Where the camera is."""
    spacing: float
    """From rib to rib."""


class Rib(NamedTuple):
    """In radii of the tunnel."""

    height: float
    thickness: float


class Lights(NamedTuple):
    """About 0..1, apart from the clock."""

    end: float
    """The far end."""
    panels: float
    """The share of them that is lit."""
    seams: float
    twinkle: float
    clock: float
    fog: float
    """How thick it is, per radius."""
    haze: float
    """How light the fog is."""


class Ring(NamedTuple):
    """The light of a beat."""

    depth: float
    """In radii, from the camera."""
    strength: float


@fast
def _seam(offset, half_width, pixel):
    """1 on a seam at offset 0, as wide as it is but never thinner than it can be drawn."""
    soft = pixel * f32(1.2)
    return smoothstep(half_width + soft, half_width - soft, abs(offset)) * min(
        f32(1), half_width / (soft * f32(0.6))
    )


@kernel
def fly(
    rgb,
    depth,
    ramp,
    accent,
    unit,
    squash,
    bend,
    sides,
    way,
    roll,
    twist,
    rib,
    strips,
    lights,
    ring,
    seed,
):
    """Trace and colour the tunnel, its radius being 1."""
    _, rows, columns = rgb.shape
    index = np.empty(columns, np.float32)
    hue = np.empty(columns, np.float32)
    for y in range(rows):
        py = (f32(y) + f32(0.5) - f32(0.5) * f32(rows)) * unit * squash
        for x in range(columns):
            px = (f32(x) + f32(0.5) - f32(0.5) * f32(columns)) * unit
            # seen at radius r, a bent tunnel's axis lies at bend / (1 + 1.2 r): fixed-point steps
            r = np.sqrt(px * px + py * py)
            for _ in range(5):
                s = f32(1) / (f32(1) + f32(1.2) * r)
                qx = px - bend.x * s
                qy = py - bend.y * s
                r = np.sqrt(qx * qx + qy * qy)
            r = r + f32(1e-4)
            z0 = f32(1) / r
            a = (angle_turn(qy, qx) + roll + twist * min(z0, f32(12))) * sides
            wall = np.floor(a + f32(0.5))
            fold = a - wall
            flat = cos_turn(fold / sides)
            z = f32(1) / (r * flat)
            u = (
                sin_turn(fold / sides)
                / flat
                / (sin_turn(f32(0.5) / sides) / cos_turn(f32(0.5) / sides))
            )  # -1..1
            pixel_z = unit * z * z
            pixel_u = unit * z * sides * f32(0.32)
            # ribs stand out of the wall: front faces hide what is behind, inner faces catch light
            v = z + way.at
            past = v - np.floor(v / way.spacing) * way.spacing
            ahead = np.floor(v / way.spacing)
            face = smoothstep(-pixel_z, pixel_z, z * rib.height - past)
            zi = z * (f32(1) - rib.height)
            vi = zi + way.at
            within = vi - np.floor(vi / way.spacing) * way.spacing
            inner = smoothstep(-pixel_z, pixel_z, rib.thickness - within) * smoothstep(
                -pixel_z, pixel_z, within
            )
            rib_at = max(ahead * way.spacing - way.at, f32(0.05))
            # panels: strips along the wall, each cut across at its own pace
            strip = np.floor((u * f32(0.5) + f32(0.5)) * strips)
            in_strip = (u * f32(0.5) + f32(0.5)) * strips - strip - f32(0.5)
            lane = np.int32(wall - sides * np.floor(wall / sides)) * np.int32(8) + np.int32(strip)
            cut = way.spacing / (f32(1) + np.floor(f32(4.99) * hash01(lane, 5, seed)))
            cell = np.floor(v / cut)
            in_cell = v / cut - cell - f32(0.5)
            pick = hash01(lane, np.int32(cell), seed)
            other = hash01(lane, np.int32(cell), seed + u32(77))
            edge_v = (f32(0.5) - abs(in_cell)) * cut
            edge_u = (f32(0.5) - abs(in_strip)) * f32(2) / strips
            gap = max(_seam(edge_v, f32(0.012), pixel_z), _seam(edge_u, f32(0.025), pixel_u))
            bevel = max(
                _seam(edge_v - f32(0.03), f32(0.012), pixel_z)
                * (f32(1) if in_cell > f32(0) else f32(0.2)),
                _seam(edge_u - f32(0.055), f32(0.02), pixel_u) * f32(0.6),
            )
            slat = v * f32(30) / way.spacing
            slat = f32(0.5) + f32(0.5) * sin_turn(slat) * smoothstep(
                f32(0.35), f32(0.1), pixel_z * f32(30) / way.spacing
            )
            slatted = smoothstep(f32(0.68), f32(0.7), other)
            # light: the far end along the walls, the ribs' lamps, the ring of the beat
            fog = f32(1) - np.float32(1) / (f32(1) + (z * lights.fog) * (z * lights.fog))
            from_end = lights.end * (f32(0.16) + z / (z + f32(3.5)))
            near_rib = glow(
                (past - way.spacing * f32(0.5))
                * (past - way.spacing * f32(0.5))
                / (way.spacing * way.spacing),
                f32(14),
            )
            lamp = f32(0.35) + f32(0.65) * hash01(np.int32(ahead), 3, seed)
            wave = ring.strength * glow((rib_at - ring.depth) * (rib_at - ring.depth), f32(1.6))
            side_light = f32(0.55) + f32(0.45) * sin_turn(wall / sides + f32(0.13) - roll)
            matter = (f32(0.35) + f32(0.65) * pick) * mix(
                f32(1), f32(0.4) + f32(0.6) * slat, slatted
            )
            grit = f32(0.85) + f32(0.3) * value_noise(u * f32(5) + wall * f32(9), v * f32(2), seed)
            lit = (from_end * side_light + f32(0.55) * near_rib * lamp * side_light + wave) * grit
            # glowing panels and light running in the seams
            on = smoothstep(f32(1) - lights.panels, f32(1.06) - lights.panels, pick)
            tube_u = max(abs(in_strip) * f32(2) / strips - f32(0.03), f32(0))
            tube_v = max(abs(in_cell) * cut - f32(0.33) * cut, f32(0))
            tube_2 = tube_u * tube_u + tube_v * tube_v
            tube = smoothstep(f32(0.05) + pixel_u, f32(0.03) - f32(0.3) * pixel_u, np.sqrt(tube_2))
            spill = glow(tube_2, f32(18)) * (f32(0.25) + f32(0.75) * matter) * (f32(1) - gap)
            lit = lit + f32(0.9) * on * spill
            backlit = (
                slatted
                * smoothstep(f32(0.55), f32(0.7), slat)
                * smoothstep(f32(0.03), f32(0.1), edge_u)
            )
            backlit = backlit * smoothstep(
                f32(0.6) - f32(0.9) * lights.panels, f32(0.9) - f32(0.9) * lights.panels, pick
            )
            surface = f32(0.03) + lit * (f32(0.10) + f32(0.34) * matter + f32(0.4) * bevel) * (
                f32(1) - f32(0.85) * gap
            )
            run = (
                v * f32(0.16)
                + lights.clock * (f32(0.4) + hash01(lane, 9, seed))
                + hash01(lane, 8, seed)
            )
            run = run - np.floor(run)
            streak = (
                _seam(edge_u, f32(0.014), pixel_u)
                * smoothstep(f32(0.45), f32(0.97), run)
                * smoothstep(f32(1), f32(0.985), run)
            )
            streak = streak * smoothstep(f32(0.5), f32(0.6), hash01(lane, 7, seed))
            glowing = max(max(on * tube, f32(0.45) * backlit), streak * (f32(0.35) + lights.seams))
            spot = glow(
                (in_cell * in_cell * cut * cut * f32(4) + in_strip * in_strip / (strips * strips))
                * f32(16),
                f32(160),
            )
            twinkle = f32(0.5) + f32(0.5) * sin_turn(
                other * f32(17) + lights.clock * (f32(0.5) + pick)
            )
            spot = (
                spot
                * smoothstep(f32(0.3), f32(0.22), other)
                * (f32(0.15) + lights.twinkle * twinkle)
            )
            # a rib: dark front, lit inner face with a lamp line at its lip
            lip = _seam(
                z * rib.height - past, rib.thickness * f32(0.14) + f32(0.01) * z * f32(0.3), pixel_z
            )
            front = f32(0.02) + f32(0.05) * side_light * from_end + f32(0.35) * wave
            under = f32(0.05) + (from_end * f32(0.8) + wave) * f32(0.3) * (f32(0.4) + side_light)
            value = surface + f32(0.75) * glowing * (f32(0.5) + f32(0.5) * lamp) + f32(0.45) * spot
            shine = clamp01(on * tube + streak + spot) * f32(0.6)
            value = mix(value, under, inner)
            shine = shine * (f32(1) - inner)
            value = mix(value, front, face * (f32(1) - inner))
            shine = shine * (f32(1) - face)
            value = value + lip * (
                f32(0.03) + f32(0.30) * lamp * lights.end * side_light + f32(0.6) * wave
            )
            value = value + f32(0.12) * lip * lights.seams
            # the air: haze brightens towards the end, which shines
            end = glow(r * r, f32(26) / (f32(0.15) + lights.end))
            haze = lights.haze + f32(0.42) * glow(r * r, f32(5)) * lights.end
            index[x] = mix(value, haze, fog) + end * (f32(0.5) + f32(0.4) * lights.end)
            hue[x] = shine * (f32(1) - fog)
            if depth.shape[0] > 1:
                depth[y, x] = clamp01(f32(1.1) / (f32(0.35) + z) * f32(0.6))
        for x in range(columns):
            red, green, blue = ramp_at(ramp, index[x])
            rgb[0, y, x] = mix(red, accent[0], hue[x])
            rgb[1, y, x] = mix(green, accent[1], hue[x])
            rgb[2, y, x] = mix(blue, accent[2], hue[x])
