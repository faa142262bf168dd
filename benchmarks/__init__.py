"""How fast the path is, as ratios: each figure beside a floor or a limit of the same run."""
