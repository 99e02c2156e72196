"""Custom models and training with TensorFlow: checks, hints and grading for the course's notebooks."""
