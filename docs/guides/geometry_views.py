"""Draw the picture of geometry.md: a photograph's surface from three cameras, and its normal map.

    python docs/guides/geometry_views.py PHOTO OUT.jpg [--model ID]

Triangles are painted from the farthest to the nearest, each in the photograph's colour at its middle: enough for a
page, and nothing but OpenCV. A viewer shows the GLB better.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import nearfar
from nearfar.errors import NearfarError
from nearfar.files import write_whole
from nearfar.products.mesh_formats import Mesh

WIDTH = 400
TURN_DEG = 16.0
GROUND = (235, 235, 235)


def seen(mesh: Mesh, turn_deg: float) -> NDArray[np.uint8]:
    """Return the surface (H, WIDTH, 3) RGB from a camera that has gone round its middle by an angle."""
    corners = mesh.vertices[mesh.faces].astype(np.float64)  # (M, 3, 3)
    middle = np.median(corners.reshape(-1, 3), axis=0)
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    corners = (corners - middle) @ turn.T + middle
    ahead = -corners[..., 2]
    corners, ahead, faces = (part[(ahead > 0.05).all(axis=1)] for part in (corners, ahead, mesh.faces))
    rows, columns = mesh.texture.shape[:2]
    height = round(WIDTH * rows / columns)
    focal = mesh.camera.focal_px * WIDTH / mesh.camera.size_hw[1]
    at = np.stack([corners[..., 0], -corners[..., 1]], axis=2) / ahead[..., None] * focal
    at += (0.5 * WIDTH, 0.5 * height)
    u, v = (mesh.uv[faces].mean(axis=1) * (columns - 1, rows - 1)).round().astype(int).T
    colours = mesh.texture[v, u].tolist()
    view: NDArray[np.uint8] = np.full((height, WIDTH, 3), GROUND, np.uint8)
    points = np.round(16 * at).astype(np.int32)  # 4 bits of fraction
    for face in np.argsort(-ahead.mean(axis=1)):
        cv2.fillConvexPoly(view, points[face], colours[face], shift=4)
    return view


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo")
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default="nearfar-open")
    options = parser.parse_args()
    try:
        write_whole(options.out, drawn(nearfar.read_picture(options.photo), options.model))
    except NearfarError as error:
        parser.error(str(error))


def drawn(picture: nearfar.Picture, model: str) -> bytes:
    """Return the three views and the normal map side by side, as a JPEG."""
    relative = nearfar.load(model).estimate(picture)
    mesh = nearfar.mesh(relative, picture)
    normals = ((nearfar.normals(relative, picture) + 1) * 127.5).round().astype(np.uint8)
    views = [seen(mesh, turn) for turn in (0.0, TURN_DEG, -TURN_DEG)]
    views.append(cv2.resize(normals, views[0].shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.uint8))
    _, encoded = cv2.imencode(".jpg", np.concatenate(views, axis=1)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    return encoded.tobytes()


if __name__ == "__main__":
    main()
