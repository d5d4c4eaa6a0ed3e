"""The way to a database: roles, tables, migrations, and connections that know their tenant."""
