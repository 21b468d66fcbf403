"""Where buckets and objects are written down: tables, migrations, and the one door to them."""
