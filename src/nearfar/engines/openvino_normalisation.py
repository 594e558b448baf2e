"""Group normalisation written out in simpler operations, because OpenVINO can crash on it.

Where sides are fixed and arithmetic is float32, OpenVINO 2026.4 fuses group normalisation with what is around it, and
for two residual blocks in a row that ends the process: there is no exception to catch. Where sides are open it writes
the operation out itself, as is done here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nearfar.engines.openvino_library import openvino, operations

if TYPE_CHECKING:
    from collections.abc import Sequence


def write_out_group_normalisation(model: openvino.Model) -> None:
    """Change the graph so that it computes the same without the operation called group normalisation.

    Source: Y. Wu, K. He, Group Normalization, arXiv 1803.08494, equations 1, 2, 3 and 7; ONNX GroupNormalization 21.
    """
    for node in model.get_ordered_ops():
        inputs = [port.get_source_output() for port in node.inputs()]
        if node.get_type_name() == "GroupNormalization" and inputs[0].get_partial_shape().rank.is_static:
            attributes = node.get_attributes()
            normalised = _normalised(inputs, attributes["num_groups"], attributes["epsilon"])
            node.output(0).replace(normalised.output(0))
    model.validate_nodes_and_infer_types()


def _normalised(inputs: Sequence[openvino.Output], groups: int, epsilon: float) -> openvino.Node:
    features, scale, bias = inputs
    rank = features.get_partial_shape().rank.get_length()
    grouped = operations.reshape(features, _integers(0, groups, -1), special_zero=True)  # (batch, groups, values)
    even = operations.mvn(grouped, _integers(2), normalize_variance=True, eps=epsilon, eps_mode="INSIDE_SQRT")
    even = operations.reshape(even, operations.shape_of(features), special_zero=False)  # (batch, channels, ...)
    other_axes = _integers(0, *range(2, rank))
    return operations.add(
        operations.multiply(even, operations.unsqueeze(scale, other_axes)), operations.unsqueeze(bias, other_axes)
    )


def _integers(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)
