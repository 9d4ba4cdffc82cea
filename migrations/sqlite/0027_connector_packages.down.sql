DROP TABLE connector_packages;
