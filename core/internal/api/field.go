package api

import "github.com/cordboard/cordboard/core/internal/contactfield"

// ContactField is a field that the workspace declares for its contacts.
type ContactField struct {
	Name string `json:"name"`
	ContactFieldType
}

// ContactFieldType is what a field holds.
type ContactFieldType struct {
	Type    string   `json:"type" enum:"text,number,boolean,date,datetime,choice" doc:"It stays as it is once the field is there."`
	Title   string   `json:"title,omitempty" maxLength:"200" doc:"What people read."`
	Choices []string `json:"choices,omitempty" maxItems:"200" doc:"Of a choice: what it may be."`
}

// ContactFieldOf shapes a field.
func ContactFieldOf(f contactfield.Field) ContactField {
	return ContactField{f.Name, ContactFieldType{string(f.Type), f.Title, f.Choices}}
}
