"""What crosses the border of the evaluation service: files and bodies in, bodies out."""
