package sdk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/sdk"
)

func ExampleE164() {
	fmt.Println(sdk.E164("0039 347 123-45.67"))
	fmt.Println(sdk.E164("347 1234567"))
	// Output:
	// +393471234567 <nil>
	//  must begin with + and the country code
}

func ExampleMinorUnits() {
	fmt.Println(sdk.MinorUnits("49.90", "EUR"))
	fmt.Println(sdk.MinorUnits("4990", "JPY"))
	fmt.Println(sdk.MinorUnits("49.901", "EUR"))
	// Output:
	// 4990 <nil>
	// 4990 <nil>
	// 0 must have at most 2 decimals in EUR
}

func ExampleMajorUnits() {
	fmt.Println(sdk.MajorUnits(4990, "EUR"), sdk.MajorUnits(4990, "JPY"), sdk.MajorUnits(-5, "KWD"))
	// Output: 49.90 4990 -0.005
}

func ExampleScaled() {
	fmt.Println(sdk.Scaled("49.90", 3))
	// Output: 49900 <nil>
}

func ExampleParseTime() {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		rome = time.FixedZone("CET", 3600)
	}
	at, err := sdk.ParseTime("2026-01-31 09:00:00", rome)
	fmt.Println(at.UTC(), err)
	// Output: 2026-01-31 08:00:00 +0000 UTC <nil>
}

func TestPhoneNumbers(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]string{
		"+39 (0) 2 1234": "+39021234", "+1.415.555.2671": "+14155552671", "+39\u00a0347/1234567": "+393471234567",
		"": "", "+": "", "+0391234567": "", "+39347123456789012": "", "+12345": "", "+39 347 abc": "", "39 347 1234567": "", "+39+347123456": "",
	} {
		if got, err := sdk.E164(phone); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", phone, got, err, want)
		}
	}
}

func TestDecimalNumbers(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"6.5": "650 <nil>", "-6.5": "-650 <nil>", " 7 ": "700 <nil>", "0.5000": "50 <nil>", "7.": "700 <nil>", "92233720368547758.07": "9223372036854775807 <nil>",
		"92233720368547758.08": "too large", "": "a number", "-": "a number", ".5": "a number", "1,044.00": "a number", "+5": "a number", "5.-1": "a number", "1e3": "a number", "5.005": "at most 2 decimals",
	} {
		n, err := sdk.Scaled(number, 2)
		if got := fmt.Sprint(n, " ", err); !strings.HasSuffix(got, want) && !strings.Contains(got, want) {
			t.Errorf("%q: got %s, want %s", number, got, want)
		}
		if err == nil && want != "" {
			if again, err := sdk.Scaled(sdk.MajorUnits(n, "EUR"), 2); again != n || err != nil {
				t.Errorf("%q: written and read again it is %d, %v, want %d", number, again, err, n)
			}
		}
	}
}

func TestTimesOfProviders(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("account", -6*3600)
	for text, want := range map[string]string{
		"2026-01-31T09:00:00Z": "2026-01-31T09:00:00Z", "2026-01-31T09:00:00.5-03:00": "2026-01-31T12:00:00.5Z", "2026-01-31T09:00:00+0100": "2026-01-31T08:00:00Z",
		"2026-01-31 20:00:00": "2026-02-01T02:00:00Z", "2026-01-31 20:00": "2026-02-01T02:00:00Z", "2026-01-31": "2026-01-31T06:00:00Z",
		"Sat, 31 Jan 2026 09:00:00 +0100": "2026-01-31T08:00:00Z", "0000-00-00 00:00:00": "", "": "", "soon": "error", "2026-02-30": "error",
	} {
		at, err := sdk.ParseTime(text, zone)
		got := at.UTC().Format(time.RFC3339Nano)
		if at.IsZero() {
			got = ""
		}
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if at, err := sdk.ParseTime("2026-01-31", nil); err != nil || !at.Equal(time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("without a zone: got %s, %v", at, err)
	}
}
