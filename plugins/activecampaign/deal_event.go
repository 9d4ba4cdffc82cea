package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// DealEvent is something that happened to a deal.
type DealEvent struct {
	Type          string   `json:"type" label:"Event"`
	At            string   `json:"date_time" label:"When" help:"In the account's time zone."`
	InitiatedFrom string   `json:"initiated_from" label:"Changed by" help:"public (the contact), admin, api or system (an automation)."`
	Updated       []string `json:"updated_fields" label:"What changed" help:"Such as stage, status or value."`
	Stage         string   `json:"stage" label:"Name of the stage"`
	Pipeline      string   `json:"pipeline" label:"Name of the pipeline"`
	Note          string   `json:"note,omitempty" label:"Note"`
	Task          string   `json:"task,omitempty" label:"Task"`
	Deal          Deal     `json:"deal" label:"Deal"`
	Contact       Changed  `json:"contact" label:"Contact"`
}

// dealTriggers are the triggers that concern a deal, by ActiveCampaign's name of the event.
var dealTriggers = map[string]sdk.Webhook[Narrow, DealEvent]{
	"deal_add": dealCreated, "deal_update": dealUpdated, "deal_note_add": dealNoted, "deal_task_add": dealTaskAdded, "deal_task_complete": dealTaskDone,
}

// deal makes the event of a deal. What is sent of its value is written for people, so the deal is read again; one that is
// gone, or may not be seen, yields nothing.
func (f form) deal(ctx context.Context, call *sdk.Call, trigger sdk.Webhook[Narrow, DealEvent], change Change, at time.Time) ([]sdk.Event, error) {
	if !isNumber(f["deal[id]"]) {
		return nil, nil
	}
	found, err := readDeal(ctx, call, f["deal[id]"])
	if failure, ok := err.(*sdk.Failure); ok && (failure.Kind == protocol.Invalid || failure.Kind == protocol.Permanent) {
		call.Log.Warn("a deal that changed cannot be read", "deal", f["deal[id]"], "because", failure.Message)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	event := DealEvent{
		Type: change.Type, At: change.At, InitiatedFrom: change.InitiatedFrom, Updated: f.updated(), Stage: f["deal[stage_title]"], Pipeline: f["deal[pipeline_title]"],
		Note: f["note[text]"], Task: f["task[title]"], Deal: found.deal(), Contact: change.Contact,
	}
	if event.Contact.ID == "" {
		event.Contact = Changed{ID: f["deal[contactid]"], Email: f["deal[contact_email]"], FirstName: f["deal[contact_firstname]"], LastName: f["deal[contact_lastname]"]}
	}
	change.Contact, change.Tag = event.Contact, strings.Join(append(event.Updated, event.Deal.ID, f["note[id]"], f["task[id]"]), "\x00")
	out := trigger.Event(change.key(), at, event)
	out.Contact = event.Contact.contact()
	return []sdk.Event{out}, nil
}

// updated are the names of what changed: a list in some events, a key for each in others.
func (f form) updated() []string {
	names := []string{}
	for key, value := range f {
		if rest, ok := strings.CutPrefix(key, "updated_fields["); ok {
			name := strings.TrimSuffix(rest, "]")
			if isNumber(name) || name == "" {
				name = value
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
