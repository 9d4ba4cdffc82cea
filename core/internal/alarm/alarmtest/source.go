package alarmtest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cordboard/cordboard/core/internal/alarm"
)

var _ alarm.Source = (*Source)(nil)

// Source is a database of due rows in memory.
type Source struct {
	mu    sync.Mutex
	rows  map[string]alarm.Alarm
	looks int // calls of Upcoming
}

// Park stores rows, replacing those of the same kind and id.
func (s *Source) Park(rows ...alarm.Alarm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil {
		s.rows = make(map[string]alarm.Alarm)
	}
	for _, a := range rows {
		s.rows[name(a)] = a
	}
}

// Claim removes a row that is due at the alarm's revision, as a handler does that has dealt with it. It returns false
// where somebody else was first.
func (s *Source) Claim(a alarm.Alarm) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.rows[name(a)]
	if !ok || row.Revision != a.Revision || time.Now().Before(row.At) {
		return false
	}
	delete(s.rows, name(a))
	return true
}

// Upcoming implements alarm.Source.
func (s *Source) Upcoming(_ context.Context, after, until time.Time, limit int) ([]alarm.Alarm, error) {
	s.mu.Lock()
	s.looks++
	s.mu.Unlock()
	return s.find(limit, func(at time.Time) bool { return !at.Before(after) && at.Before(until) }), nil
}

// Overdue implements alarm.Source.
func (s *Source) Overdue(_ context.Context, slack time.Duration, limit int) ([]alarm.Alarm, error) {
	now := time.Now()
	return s.find(limit, func(at time.Time) bool { return now.Sub(at) > slack }), nil
}

func (s *Source) lookedAhead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks > 0
}

func (s *Source) find(limit int, due func(time.Time) bool) []alarm.Alarm {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []alarm.Alarm
	for a := range maps.Values(s.rows) {
		if due(a.At) {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b alarm.Alarm) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return found[:min(limit, len(found))]
}

func name(a alarm.Alarm) string { return string(a.Kind) + ":" + a.ID }
