// The oracle for src/profile: Go's own reader of profiles, speaking in the same canonical lines.
//
//	pprof canon FILE          every sample, resolved
//	pprof subtract BASE FILE OUT   FILE minus BASE, merged by Go, written to OUT
//	pprof gen FILE N DEPTH    a heap profile of N samples
//	pprof time FILE N         milliseconds of each of N parses, then peak RSS in kB
package main

import (
	"bufio"
	"fmt"
	"log"
	"math/rand"
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

// generate writes a heap profile of n samples, each of a distinct stack of that depth over 20,000 places.
func generate(name string, n, depth int) {
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}, {Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"}},
		PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: 524288, TimeNanos: 1,
	}
	m := &profile.Mapping{ID: 1, Start: 0x400000, Limit: 0x4000000, File: "/usr/bin/service", HasFunctions: true}
	p.Mapping = []*profile.Mapping{m}
	r := rand.New(rand.NewSource(1))
	for i := 0; i < 4000; i++ {
		p.Function = append(p.Function, &profile.Function{ID: uint64(i + 1), Name: fmt.Sprintf("example.com/service/pkg%d.(*Type%d).Method%d", i%40, i%400, i), SystemName: fmt.Sprintf("example.com/service/pkg%d.(*Type%d).Method%d", i%40, i%400, i), Filename: fmt.Sprintf("/src/service/pkg%d/file%d.go", i%40, i%400)})
	}
	for i := 0; i < 20000; i++ {
		p.Location = append(p.Location, &profile.Location{ID: uint64(i + 1), Mapping: m, Address: 0x400000 + uint64(i)*16, Line: []profile.Line{{Function: p.Function[i%4000], Line: int64(10 + i%900)}}})
	}
	for i := 0; i < n; i++ {
		s := &profile.Sample{NumLabel: map[string][]int64{"bytes": {int64(64 << (i % 12))}}}
		for d := 0; d < depth; d++ {
			s.Location = append(s.Location, p.Location[r.Intn(20000)])
		}
		objects := int64(1 + r.Intn(5000))
		s.Value = []int64{objects * 3, objects * 3 * 512, objects, objects * 512}
		p.Sample = append(p.Sample, s)
	}
	f, err := os.Create(name)
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Write(f); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}

func main() {
	switch os.Args[1] {
	case "canon":
		canon(load(os.Args[2]))
	case "subtract":
		base, p := load(os.Args[2]), load(os.Args[3])
		base.Scale(-1)
		m, err := profile.Merge([]*profile.Profile{base, p})
		if err != nil {
			log.Fatal(err)
		}
		f, err := os.Create(os.Args[4])
		if err != nil {
			log.Fatal(err)
		}
		if err := m.Write(f); err != nil {
			log.Fatal(err)
		}
		f.Close()
	case "gen":
		n, _ := strconv.Atoi(os.Args[3])
		depth, _ := strconv.Atoi(os.Args[4])
		generate(os.Args[2], n, depth)
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
