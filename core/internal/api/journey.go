package api

import (
	"slices"
	"strings"
	"time"
)

// JourneyEntry is one thing in a contact's history: a message, a run or a wait.
type JourneyEntry struct {
	Kind    string    `json:"kind" enum:"message,run,wait"`
	At      time.Time `json:"at" doc:"When it began."`
	Message *Message  `json:"message,omitempty"`
	Run     *Run      `json:"run,omitempty"`
	Wait    *Wait     `json:"wait,omitempty"`

	place string // the part of its id that sorts by time
}

// Journey puts a page of each kind into one, newest first. Each of them begins behind the same place; size is that
// of them and of the result.
func Journey(messages []Message, runs []Run, waits []Wait, size int) List[JourneyEntry] {
	entries := []JourneyEntry{}
	for _, m := range messages {
		at := m.ReceivedAt
		if at == nil {
			at = m.EffectiveAt
		}
		if at == nil {
			at = &time.Time{}
		}
		entries = append(entries, JourneyEntry{Kind: "message", At: *at, Message: &m, place: place(m.ID)})
	}
	for _, r := range runs {
		entries = append(entries, JourneyEntry{Kind: "run", At: r.CreatedAt, Run: &r, place: place(r.ID)})
	}
	for _, w := range waits {
		entries = append(entries, JourneyEntry{Kind: "wait", At: w.OpenedAt, Wait: &w, place: place(w.ID)})
	}
	slices.SortStableFunc(entries, func(a, b JourneyEntry) int { return strings.Compare(b.place, a.place) })
	l := List[JourneyEntry]{Items: entries[:min(size, len(entries))]}
	if len(entries) >= size {
		l.Next = l.Items[size-1].place
	}
	return l
}

func place(id string) string {
	_, after, _ := strings.Cut(id, "_")
	return after
}
