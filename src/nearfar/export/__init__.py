"""From a network in PyTorch to one ONNX file that equals it, and from published weights to a model in the store."""
