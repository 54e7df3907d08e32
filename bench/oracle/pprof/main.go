// The oracle for src/profile: Go's own reader of profiles, speaking in the same canonical lines.
//
//	pprof canon FILE          every sample, resolved
//	pprof diff BASE FILE      the same of FILE minus BASE, merged by Go
//	pprof time FILE N         milliseconds of each of N parses, then peak RSS in kB
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"encoding/json"

	"github.com/google/pprof/profile"
)

func q(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}

func load(name string) *profile.Profile {
	f, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		log.Fatal(err)
	}
	return p
}

func canon(p *profile.Profile) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	var types []string
	for _, t := range p.SampleType {
		types = append(types, q(t.Type)+"/"+q(t.Unit))
	}
	fmt.Fprintf(out, "types %s\n", strings.Join(types, " "))
	def := p.DefaultSampleType
	if def == "" && len(p.SampleType) > 0 {
		def = p.SampleType[len(p.SampleType)-1].Type
	}
	fmt.Fprintf(out, "default %s\n", q(def))
	if p.PeriodType == nil {
		p.PeriodType = &profile.ValueType{}
	}
	fmt.Fprintf(out, "period %s/%s %d\n", q(p.PeriodType.Type), q(p.PeriodType.Unit), p.Period)
	fmt.Fprintf(out, "time %d %d\n", p.TimeNanos, p.DurationNanos)
	var comments []string
	for _, c := range p.Comments {
		comments = append(comments, q(c))
	}
	fmt.Fprintf(out, "comments %s\n", strings.Join(comments, " "))
	fmt.Fprintf(out, "doc %s drop %s keep %s\n", q(p.DocURL), q(p.DropFrames), q(p.KeepFrames))
	for _, m := range p.Mapping {
		fmt.Fprintf(out, "mapping %d %d %d %s %s %v %v %v %v\n", m.Start, m.Limit, m.Offset, q(m.File), q(m.BuildID), m.HasFunctions, m.HasFilenames, m.HasLineNumbers, m.HasInlineFrames)
	}
	places := map[*profile.Location]string{}
	for _, l := range p.Location {
		mapping := "?"
		if l.Mapping != nil {
			mapping = q(l.Mapping.File)
		}
		var lines []string
		for _, n := range l.Line {
			fn := "?"
			if f := n.Function; f != nil {
				fn = fmt.Sprintf("%s %s %s %d", q(f.Name), q(f.SystemName), q(f.Filename), f.StartLine)
			}
			lines = append(lines, fmt.Sprintf("%s %d %d", fn, n.Line, n.Column))
		}
		places[l] = fmt.Sprintf("%d %s %v {%s}", l.Address, mapping, l.IsFolded, strings.Join(lines, "; "))
	}
	var samples []string
	for _, s := range p.Sample {
		var values, stack, labels []string
		for _, v := range s.Value {
			values = append(values, strconv.FormatInt(v, 10))
		}
		for _, l := range s.Location {
			stack = append(stack, places[l])
		}
		for k, vs := range s.Label {
			for _, v := range vs {
				labels = append(labels, q(k)+"="+q(v))
			}
		}
		for k, vs := range s.NumLabel {
			units := s.NumUnit[k]
			for i, v := range vs {
				unit := ""
				if i < len(units) {
					unit = units[i]
				}
				labels = append(labels, fmt.Sprintf("%s=%d%s", q(k), v, q(unit)))
			}
		}
		sort.Strings(labels)
		samples = append(samples, fmt.Sprintf("sample %s | %s | %s", strings.Join(values, " "), strings.Join(stack, " < "), strings.Join(labels, " ")))
	}
	sort.Strings(samples)
	for _, s := range samples {
		fmt.Fprintln(out, s)
	}
}

func main() {
	switch os.Args[1] {
	case "canon":
		canon(load(os.Args[2]))
	case "diff":
		base, p := load(os.Args[2]), load(os.Args[3])
		base.Scale(-1)
		m, err := profile.Merge([]*profile.Profile{base, p})
		if err != nil {
			log.Fatal(err)
		}
		canon(m)
	case "time":
		data, err := os.ReadFile(os.Args[2])
		if err != nil {
			log.Fatal(err)
		}
		n, _ := strconv.Atoi(os.Args[3])
		for i := 0; i < n; i++ {
			start := time.Now()
			if _, err := profile.ParseData(data); err != nil {
				log.Fatal(err)
			}
			fmt.Println(float64(time.Since(start).Microseconds()) / 1000)
		}
		var ru syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
		fmt.Println(ru.Maxrss)
	}
}
