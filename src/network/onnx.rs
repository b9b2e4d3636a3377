//! Import of quantized ONNX models.
