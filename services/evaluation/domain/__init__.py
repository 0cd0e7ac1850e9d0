"""What evaluation knows and how it changes: roster, rubric, observations, growth, ratings. Pure."""
