"""What the layer costs against stock Tornado; `bin/bench` runs it."""
