package main

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

// Subject is whom or what a note or a task is about.
type Subject struct {
	Email  string `json:"email" label:"Contact's e-mail" help:"The contact is made where it is missing." rule:"email"`
	DealID string `json:"deal_id" label:"Or the deal's id" rule:"digits"`
}

// contact returns the contact's number; empty for a deal.
func (s Subject) contact(ctx context.Context, call *sdk.Call) (id, error) {
	if (s.Email == "") == (s.DealID == "") {
		return "", sdk.Invalid("email", "or deal_id must be filled in, and only one of them")
	}
	if s.DealID != "" {
		return "", nil
	}
	return ensureContact(ctx, call, s.Email)
}

// NewNote is a text at a contact or a deal.
type NewNote struct {
	Subject
	Note string `json:"note" label:"Note" rule:"required"`
}

// Noted is the note.
type Noted struct {
	NoteID string `json:"note_id" label:"Note id"`
}

// Each call adds one.
var addNote = sdk.Action[NewNote, Noted]{
	Name: "add_note", Title: "Add a note", Summary: "Writes a note to a contact or a deal.",
	Run: func(ctx context.Context, call *sdk.Call, in NewNote) (Noted, error) {
		contactID, err := in.contact(ctx, call)
		if err != nil {
			return Noted{}, err
		}
		path, note := "/notes", map[string]any{"note": in.Note, "relid": contactID, "reltype": "Subscriber"}
		if contactID == "" {
			path, note = "/deals/"+url.PathEscape(in.DealID)+"/notes", map[string]any{"note": in.Note}
		}
		var answer struct {
			Note struct {
				ID id `json:"id"`
			} `json:"note"`
		}
		if err := do(ctx, call, http.MethodPost, path, map[string]any{"note": note}, &answer); err != nil {
			return Noted{}, missing(err, "deal_id", "is not a deal of this account")
		}
		if answer.Note.ID == "" {
			return Noted{}, unnamed("note")
		}
		return Noted{string(answer.Note.ID)}, nil
	},
}

// NewTask is something to do for the staff.
type NewTask struct {
	Subject
	Title    string     `json:"title" label:"Title" rule:"required,max=255"`
	Type     string     `json:"type" label:"Kind" rule:"required,digits" options:"task_types"`
	Due      *time.Time `json:"due" label:"Due" help:"Empty for now."`
	Length   string     `json:"length" label:"How long it takes" rule:"oneof=15m 30m 1h 2h 4h" default:"15m"`
	Note     string     `json:"note" label:"Note"`
	Assignee string     `json:"assignee" label:"For whom" help:"Empty for the user of the API key." rule:"digits" options:"users"`
}

// Task is a task.
type Task struct {
	TaskID string `json:"task_id" label:"Task id"`
	Due    string `json:"due" label:"Due"`
}

// Each call adds one.
var createTask = sdk.Action[NewTask, Task]{
	Name: "create_task", Title: "Create a task", Summary: "Gives the staff something to do, about a contact or a deal.",
	Run: func(ctx context.Context, call *sdk.Call, in NewTask) (Task, error) {
		contactID, err := in.contact(ctx, call)
		if err != nil {
			return Task{}, err
		}
		due := time.Now()
		if in.Due != nil {
			due = *in.Due
		}
		length, err := time.ParseDuration(in.Length)
		if err != nil {
			return Task{}, sdk.Invalid("length", "must be a duration such as 15m")
		}
		task := map[string]any{
			"title": in.Title, "ownerType": "contact", "relid": contactID, "status": 0, "note": in.Note, "dealTasktype": in.Type,
			"duedate": due.Format(time.RFC3339), "edate": due.Add(length).Format(time.RFC3339),
		}
		if contactID == "" {
			task["ownerType"], task["relid"] = "deal", in.DealID
		}
		if in.Assignee != "" {
			task["assignee"] = in.Assignee
		}
		var answer struct {
			Task struct {
				ID  id     `json:"id"`
				Due string `json:"duedate"`
			} `json:"dealTask"`
		}
		if err := do(ctx, call, http.MethodPost, "/dealTasks", map[string]any{"dealTask": task}, &answer); err != nil {
			return Task{}, missing(err, "deal_id", "is not a deal of this account")
		}
		if answer.Task.ID == "" {
			return Task{}, unnamed("task")
		}
		return Task{string(answer.Task.ID), answer.Task.Due}, nil
	},
}
