"""Programs of real work on real data. They need the packages of the development environment: `make setup`."""
