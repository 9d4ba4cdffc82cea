DROP INDEX messages_event;
DROP INDEX events_request;
DROP INDEX raw_requests_list;
DROP INDEX runs_failed;
DROP INDEX waits_list_contact;
DROP INDEX waits_list_state;
