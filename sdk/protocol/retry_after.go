package protocol

import (
	"net/http"
	"strconv"
	"time"
)

// RetryAfter reads the header Retry-After (RFC 9110 section 10.2.3): seconds, which some providers write with decimals, or
// a date. ok is false for what is neither. The gateway and the SDK both go by it, so that a call and its run wait alike.
func RetryAfter(header string, now time.Time) (pause time.Duration, ok bool) {
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds >= 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second)), true
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}
