DROP TABLE sentinels;
DROP TABLE gateway;
DROP TABLE nodes;
