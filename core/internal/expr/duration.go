package expr

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var durationDays = regexp.MustCompile(`^([0-9]+)d(.*)$`)

// ParseDuration reads a duration as people write it in flows: Go's notation with days in front, such as "365d",
// "1d12h", "2h" or "1h30m". A day is 24 hours.
func ParseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a duration such as 45s, 2h, 1h30m or 7d", s)
	var days time.Duration
	rest := s
	if m := durationDays.FindStringSubmatch(s); m != nil {
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil || n > int64(math.MaxInt64/(24*time.Hour)) {
			return 0, bad
		}
		days, rest = time.Duration(n)*24*time.Hour, m[2]
		if rest == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || days > 0 && (d < 0 || d > math.MaxInt64-days) {
		return 0, bad
	}
	return days + d, nil
}

// FormatDuration writes a duration in Go's notation without parts that are zero, such as "36h" or "1h30m". It has no
// days, so that whatever reads Go's durations reads it.
func FormatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
