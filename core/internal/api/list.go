package api

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
)

// ContactList is a named list of contacts.
type ContactList struct {
	Name      string    `json:"name"`
	Title     string    `json:"title,omitempty"`
	Members   int       `json:"members"`
	CreatedAt time.Time `json:"created_at"`
}

// ContactListTitle is what a list is called beside its name.
type ContactListTitle struct {
	Title string `json:"title,omitempty" maxLength:"200" doc:"What people read."`
}

// ContactListOf shapes a list.
func ContactListOf(l conversation.List) ContactList {
	return ContactList{Name: l.Name, Title: l.Title, Members: l.Members, CreatedAt: l.CreatedAt.UTC()}
}
