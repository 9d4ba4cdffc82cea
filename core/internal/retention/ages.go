package retention

import (
	"fmt"
	"time"
)

// Limits of what a workspace chooses. Below a week copies of an event would be taken for new ones: they are recognised by
// what is kept of the first.
const (
	Least = 7 * day
	Most  = 3650 * day
	day   = 24 * time.Hour
)

// Ages say how long things are kept; zero: for ever.
type Ages struct {
	Requests   time.Duration // webhook requests as they were received
	Payloads   time.Duration // what steps were given and returned, and what events say
	Messages   time.Duration // what was said
	Runs       time.Duration // and the events and messages that are about them
	Deliveries time.Duration // to outside systems
	Audit      time.Duration
}

// Chosen are ages that a workspace has chosen, in days, 0: for ever; nil: as the installation says.
type Chosen struct {
	Requests   *int `json:"requests,omitempty"`
	Payloads   *int `json:"payloads,omitempty"`
	Messages   *int `json:"messages,omitempty"`
	Runs       *int `json:"runs,omitempty"`
	Deliveries *int `json:"deliveries,omitempty"`
	Audit      *int `json:"audit,omitempty"`
}

// choice is one age that can be chosen.
type choice struct {
	name   string
	chosen *int
	of     *time.Duration
}

func (c Chosen) choices(a *Ages) []choice {
	return []choice{
		{"requests", c.Requests, &a.Requests}, {"payloads", c.Payloads, &a.Payloads}, {"messages", c.Messages, &a.Messages},
		{"runs", c.Runs, &a.Runs}, {"deliveries", c.Deliveries, &a.Deliveries}, {"audit", c.Audit, &a.Audit},
	}
}

// Over returns the ages that hold: those that are chosen, and for the rest the installation's.
func (c Chosen) Over(installation Ages) Ages {
	for _, one := range c.choices(&installation) {
		if one.chosen != nil {
			*one.of = time.Duration(*one.chosen) * day
		}
	}
	return installation
}

// Days returns what is chosen by name, in days.
func (c Chosen) Days() map[string]any {
	days := map[string]any{}
	for _, one := range c.choices(&Ages{}) {
		if one.chosen != nil {
			days[one.name] = *one.chosen
		}
	}
	return days
}

// Problem is an age that can't be chosen.
type Problem struct{ Path, Message, Remedy string }

func (p *Problem) Error() string { return p.Path + ": " + p.Message + "; " + p.Remedy }

// Check returns a *Problem if an age can't be chosen.
func (c Chosen) Check() error {
	for _, one := range c.choices(&Ages{}) {
		if one.chosen == nil || *one.chosen == 0 {
			continue
		}
		if least, most := int(Least/day), int(Most/day); *one.chosen < least || *one.chosen > most {
			return &Problem{Path: one.name, Message: fmt.Sprintf("%d days is not between %d and %d", *one.chosen, least, most), Remedy: "write 0 to keep it for ever, or leave it out for what the installation says"}
		}
	}
	return nil
}
