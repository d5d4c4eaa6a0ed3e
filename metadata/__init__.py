"""What a declaration is: parsing, merging and comparing metadata. Pure: no I/O, no async."""
