package sandbox

import "fmt"

// codes are the WhatsApp errors a test can ask for, with their usual HTTP status and title.
var codes = map[int]struct {
	status int
	title  string
}{
	0:      {401, "AuthException"},
	1:      {400, "An unknown error occurred"},
	2:      {503, "Service temporarily unavailable"},
	4:      {400, "Application request limit reached"},
	10:     {403, "Application does not have permission for this action"},
	33:     {400, "Parameter value is not valid"},
	100:    {400, "Invalid parameter"},
	190:    {401, "Error validating access token: Session has expired"},
	368:    {403, "Temporarily blocked for policies violations"},
	80007:  {400, "Rate limit issues"},
	130429: {429, "Rate limit hit"},
	130472: {400, "User's number is part of an experiment"},
	131000: {500, "Something went wrong"},
	131005: {403, "Access denied"},
	131008: {400, "Required parameter is missing"},
	131009: {400, "Parameter value is not valid"},
	131016: {500, "Service unavailable"},
	131021: {400, "Recipient cannot be sender"},
	131026: {400, "Message undeliverable"},
	131030: {400, "Recipient phone number not in allowed list"},
	131031: {403, "Account has been locked"},
	131042: {400, "Business eligibility payment issue"},
	131047: {400, "Re-engagement message"},
	131048: {400, "Spam rate limit hit"},
	131049: {400, "This message was not delivered to maintain healthy ecosystem engagement."},
	131050: {400, "User has stopped receiving marketing messages"},
	131051: {400, "Unsupported message type"},
	131052: {400, "Media download error"},
	131053: {400, "Media upload error"},
	131056: {400, "(Business Account, Consumer Account) pair rate limit hit"},
	131057: {500, "Account in maintenance mode"},
	132000: {400, "Number of parameters does not match the expected number of params"},
	132001: {404, "Template name does not exist in the translation"},
	132012: {400, "Parameter format does not match format in the created template"},
	132015: {400, "Template is paused"},
	132016: {400, "Template is disabled"},
	133004: {503, "Server temporarily unavailable"},
	133010: {400, "Phone number not registered"},
}

// knownError is the error answer for a code; an unlisted one gets status 400.
func knownError(code int) graphError {
	c, ok := codes[code]
	if !ok {
		c.status, c.title = 400, "Error"
	}
	e := graphError{status: c.status, code: code, text: fmt.Sprintf("(#%d) %s", code, c.title), details: c.title}
	switch code {
	case 190:
		e.subcode, e.text, e.details = 463, c.title, ""
	case 131047:
		e.details = "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
	}
	return e
}
