"""ONNX Runtime for graphs in memory, as exporting and quantising need it."""

from nearfar.engines.onnxruntime_library import NO_BYTE_OVERFLOW, onnxruntime, runtime_state

RUNTIME_ERRORS = (
    runtime_state.Fail,
    runtime_state.InvalidArgument,
    runtime_state.InvalidGraph,
    runtime_state.InvalidProtobuf,
    runtime_state.NotImplemented,
    runtime_state.RuntimeException,
)
"""What ONNX Runtime raises for a graph that it cannot load or run."""


def cpu_session(graph: bytes, *, threads: int = 0) -> onnxruntime.InferenceSession:
    """Return a quiet session on the CPU.

    Args:
        graph: An ONNX file's bytes.
        threads: How many; 0 lets ONNX Runtime take a thread a core.

    Raises:
        RUNTIME_ERRORS: It cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # whatever fails is raised as well
    options.intra_op_num_threads = threads
    options.add_session_config_entry(*NO_BYTE_OVERFLOW)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"], enable_fallback=0)
