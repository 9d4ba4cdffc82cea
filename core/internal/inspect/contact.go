package inspect

// ContactFilter narrows a list of contacts. What is empty narrows nothing.
type ContactFilter struct {
	Search string // in a name, phone number, e-mail address or another identity; or an id
	List   string // the name of a list that they are on
}
