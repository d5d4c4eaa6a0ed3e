"""Where records live: the only package that speaks SQL."""
