package api

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
