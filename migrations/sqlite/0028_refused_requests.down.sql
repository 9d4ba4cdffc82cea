DROP TABLE refused_requests;
