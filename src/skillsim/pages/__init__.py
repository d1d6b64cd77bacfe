"""The page: widgets in, charts out; every number comes from the functions that the terminal calls."""
