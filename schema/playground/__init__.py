"""The page that a browser gets at `/graphql`: plain HTML, CSS and JavaScript."""
