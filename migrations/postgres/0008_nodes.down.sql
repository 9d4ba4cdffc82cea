DROP TABLE gateway;
DROP TABLE nodes;
