package api

// Problem is an error as RFC 9457 writes it.
type Problem struct {
	Type   string            `json:"type,omitempty" doc:"What it says, for a program and for who says it in another language, such as urn:cordboard:proof-needed. Absent where each says something else."`
	Values map[string]string `json:"values,omitempty" doc:"What stands in the sentence of a type; span is in seconds."`
	Title  string            `json:"title" doc:"What kind of problem it is."`
	Status int               `json:"status"`
	Detail string            `json:"detail,omitempty" doc:"What happened, for a person."`
	Errors []Detail          `json:"errors,omitempty" doc:"What is wrong with the input, each with its place."`
}

// Detail is one thing wrong with the input.
type Detail struct {
	Path    string `json:"path,omitempty" doc:"Where it stands, such as steps[0].with.to."`
	Line    int    `json:"line,omitempty" doc:"In a document, from 1."`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty" doc:"What to do about it."`
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Detail
}

// GetStatus and ContentType tell the HTTP framework how to answer with it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of every problem, whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// ConflictError is a request that what is there already forbids: a name that is taken, a run that has ended.
type ConflictError struct{ Detail string }

func (e *ConflictError) Error() string { return e.Detail }

// InputError is a field that can't be used.
type InputError struct {
	Path    string // such as settings.token
	Message string
	Remedy  string
}

func (e *InputError) Error() string { return e.Path + " " + e.Message }
