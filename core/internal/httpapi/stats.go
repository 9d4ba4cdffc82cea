package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cordboard/cordboard/core/internal/access"
	"github.com/cordboard/cordboard/core/internal/api"
	"github.com/cordboard/cordboard/core/internal/inspect"
)

// Stats counts what happened.
type Stats interface {
	// Tallies counts what was begun in each span.
	Tallies(ctx context.Context, workspaceID string, spans []inspect.Span) ([]inspect.Tally, error)
	// Busy tells what is not over; due is how many of the waits that end first are wanted.
	Busy(ctx context.Context, workspaceID string, due int) (inspect.Busy, error)
	FailingFlows(ctx context.Context, workspaceID string, since time.Time) ([]inspect.FailingFlow, error)
	// Asked returns the newest waits, at most limit of them.
	Asked(ctx context.Context, workspaceID string, f inspect.QuestionFilter, limit int) ([]inspect.Asked, error)
}

type getStats struct {
	Period   string    `query:"period" enum:"hour,day,week,month" default:"week" doc:"The last hour by five minutes, 24 hours by the hour, or 7 or 30 days by the day, today included."`
	Since    time.Time `query:"since" doc:"In the place of a period: from then, by parts as long as fit it."`
	Until    time.Time `query:"until" doc:"With since: until then, at most 92 days later; left out: now."`
	TimeZone string    `query:"time_zone" maxLength:"64" default:"UTC" doc:"In which days begin, such as Europe/Madrid."`
}

type getQuestions struct {
	Flow string `query:"flow" maxLength:"100" doc:"A flow's name; left out: of all flows."`
	Days int    `query:"days" minimum:"1" maximum:"365" default:"30" doc:"How far back waits are looked at."`
}

const (
	dueShown   = 6
	maxStretch = 92*24*time.Hour + time.Hour // of days, one of which may have 25 hours
	maxAsked   = 100_000                     // waits that one answer is made of
)

func (r *rest) stats() {
	const tag = "Insight"
	register(r, operation{method: http.MethodGet, path: "/stats", id: "get-stats", summary: "Get what happens in figures", tag: tag, scope: access.Read}, r.getStats)
	register(r, operation{method: http.MethodGet, path: "/questions", id: "list-questions", summary: "List Customer Response steps with how people answer them", tag: tag, scope: access.Read,
		description: "Times count from when the time for the answer began. What a late answer tells is known only of contacts who wrote at all."}, r.getQuestions)
}

func (r *rest) getStats(ctx context.Context, in *getStats) (*body[api.Stats], error) {
	zone, err := time.LoadLocation(in.TimeZone)
	if err != nil {
		return nil, &api.InputError{Path: "query.time_zone", Message: "is no time zone", Remedy: "give one as the IANA names it, such as Europe/Madrid"}
	}
	now := time.Now().In(zone)
	since, until, err := in.stretch(now)
	if err != nil {
		return nil, err
	}
	spans := inspect.Spans(since, until)
	n := len(spans)
	tallies, err := r.Stats.Tallies(ctx, workspace(ctx), append(spans, inspect.Before(since, until)))
	if err != nil {
		return nil, err
	}
	busy, err := r.Stats.Busy(ctx, workspace(ctx), dueShown)
	if err != nil {
		return nil, err
	}
	failing, err := r.Stats.FailingFlows(ctx, workspace(ctx), now.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	out := api.Stats{Since: spans[0].From, Until: spans[n-1].Until, TimeZone: zone.String(), Parts: make([]api.Tally, n), Before: api.TallyOf(tallies[n]),
		Now: api.BusyOf(busy), Failing: api.FailingFlowsOf(failing),
		Degraded: r.Degraded != nil && r.Degraded() != nil}
	for i, t := range tallies[:n] {
		out.Parts[i] = api.TallyOf(t)
	}
	return answer(out), nil
}

// stretch is the time that is asked for. Its end is the first moment that does not belong to it.
func (in *getStats) stretch(now time.Time) (since, until time.Time, err error) {
	if in.Since.IsZero() {
		if !in.Until.IsZero() {
			return since, until, &api.InputError{Path: "query.until", Message: "says nothing by itself", Remedy: "give since too"}
		}
		until = now.Add(1) // now belongs to it
		switch in.Period {
		case "hour":
			return now.Add(-55 * time.Minute), until, nil
		case "day":
			return now.Add(-23 * time.Hour), until, nil
		case "month":
			return now.AddDate(0, 0, -29), until, nil
		}
		return now.AddDate(0, 0, -6), until, nil
	}
	since, until = in.Since.In(now.Location()), in.Until
	if until.IsZero() {
		until = now.Add(1)
	}
	switch stretch := until.Sub(since); {
	case stretch <= 0:
		return since, until, &api.InputError{Path: "query.until", Message: "is not after since", Remedy: "give a later time"}
	case stretch > maxStretch:
		return since, until, &api.InputError{Path: "query.until", Message: "is more than 92 days after since", Remedy: "ask for less at once"}
	}
	return since, until, nil
}

func (r *rest) getQuestions(ctx context.Context, in *getQuestions) (*body[api.Questions], error) {
	filter := inspect.QuestionFilter{Since: time.Now().AddDate(0, 0, -in.Days)}
	if in.Flow != "" {
		f, err := r.Flows.Flow(ctx, workspace(ctx), in.Flow)
		if err != nil {
			return nil, err
		}
		filter.FlowID = f.ID
	}
	asked, err := r.Stats.Asked(ctx, workspace(ctx), filter, maxAsked)
	if err != nil {
		return nil, err
	}
	out := api.Questions{Since: filter.Since.UTC(), Complete: len(asked) < maxAsked, Waits: len(asked), Items: []api.Question{}}
	for _, q := range inspect.Questions(asked) {
		out.Items = append(out.Items, api.QuestionOf(q))
	}
	return answer(out), nil
}
