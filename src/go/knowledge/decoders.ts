/** Functions that turn input into values and whose last result says whether it could be read. */

const rows: readonly (readonly [pkg: string, ...functions: string[]])[] = [
  // https://pkg.go.dev/encoding/json#Unmarshal
  ["encoding/json", "encoding/json.Unmarshal", "(*encoding/json.Decoder).Decode"],
  [
    "encoding/json/v2",
    "encoding/json/v2.Unmarshal",
    "encoding/json/v2.UnmarshalRead",
    "encoding/json/v2.UnmarshalDecode",
  ],
  // https://pkg.go.dev/encoding/xml#Unmarshal
  ["encoding/xml", "encoding/xml.Unmarshal", "(*encoding/xml.Decoder).Decode", "(*encoding/xml.Decoder).DecodeElement"],
  // https://pkg.go.dev/encoding/gob#Decoder.Decode
  ["encoding/gob", "(*encoding/gob.Decoder).Decode", "(*encoding/gob.Decoder).DecodeValue"],
  // https://pkg.go.dev/encoding/asn1#Unmarshal
  ["encoding/asn1", "encoding/asn1.Unmarshal", "encoding/asn1.UnmarshalWithParams"],
  // https://pkg.go.dev/gopkg.in/yaml.v3#Unmarshal
  ...["gopkg.in/yaml.v2", "go.yaml.in/yaml/v2", "gopkg.in/yaml.v3", "go.yaml.in/yaml/v3"].map(
    (m) =>
      [
        m,
        `${m}.Unmarshal`,
        `(*${m}.Decoder).Decode`,
        ...(m.endsWith("v3") ? [`(*${m}.Node).Decode`] : []), // nodes came with version 3
      ] as const,
  ),
  [
    "go.yaml.in/yaml/v4",
    "go.yaml.in/yaml/v4.Unmarshal",
    "(*go.yaml.in/yaml/v4.Decoder).Decode",
    "(*go.yaml.in/yaml/v4/internal/libyaml.Node).Decode", // Node is an alias
  ],
  // https://pkg.go.dev/sigs.k8s.io/yaml#Unmarshal
  ["sigs.k8s.io/yaml", "sigs.k8s.io/yaml.Unmarshal", "sigs.k8s.io/yaml.UnmarshalStrict"],
  ["github.com/goccy/go-yaml", "github.com/goccy/go-yaml.Unmarshal", "(*github.com/goccy/go-yaml.Decoder).Decode"],
  // https://pkg.go.dev/google.golang.org/protobuf/proto#Unmarshal
  [
    "google.golang.org/protobuf/proto",
    "google.golang.org/protobuf/proto.Unmarshal",
    "(google.golang.org/protobuf/proto.UnmarshalOptions).Unmarshal",
  ],
  [
    "google.golang.org/protobuf/encoding/protojson",
    "google.golang.org/protobuf/encoding/protojson.Unmarshal",
    "(google.golang.org/protobuf/encoding/protojson.UnmarshalOptions).Unmarshal",
  ],
  ["github.com/golang/protobuf/proto", "github.com/golang/protobuf/proto.Unmarshal"],
  // https://pkg.go.dev/github.com/BurntSushi/toml#Unmarshal
  [
    "github.com/BurntSushi/toml",
    "github.com/BurntSushi/toml.Unmarshal",
    "github.com/BurntSushi/toml.Decode",
    "github.com/BurntSushi/toml.DecodeFile",
    "(*github.com/BurntSushi/toml.Decoder).Decode",
  ],
  [
    "github.com/pelletier/go-toml/v2",
    "github.com/pelletier/go-toml/v2.Unmarshal",
    "(*github.com/pelletier/go-toml/v2.Decoder).Decode",
  ],
  // Drop-in replacements of encoding/json.
  ["github.com/goccy/go-json", "github.com/goccy/go-json.Unmarshal", "(*github.com/goccy/go-json.Decoder).Decode"],
  [
    "github.com/json-iterator/go",
    "github.com/json-iterator/go.Unmarshal",
    "(github.com/json-iterator/go.API).Unmarshal",
    "(*github.com/json-iterator/go.Decoder).Decode",
  ],
  [
    "github.com/bytedance/sonic",
    "github.com/bytedance/sonic.Unmarshal",
    "github.com/bytedance/sonic.UnmarshalString",
    "(github.com/bytedance/sonic.API).Unmarshal",
  ],
  [
    "github.com/mailru/easyjson",
    "github.com/mailru/easyjson.Unmarshal",
    "github.com/mailru/easyjson.UnmarshalFromReader",
  ],
  // https://pkg.go.dev/github.com/vmihailenco/msgpack/v5#Unmarshal
  [
    "github.com/vmihailenco/msgpack/v5",
    "github.com/vmihailenco/msgpack/v5.Unmarshal",
    "(*github.com/vmihailenco/msgpack/v5.Decoder).Decode",
  ],
  [
    "github.com/fxamacker/cbor/v2",
    "github.com/fxamacker/cbor/v2.Unmarshal",
    "(*github.com/fxamacker/cbor/v2.Decoder).Decode",
  ],
  ["go.mongodb.org/mongo-driver/bson", "go.mongodb.org/mongo-driver/bson.Unmarshal"],
];

export const decoders: { readonly packages: ReadonlySet<string>; readonly functions: ReadonlySet<string> } = {
  packages: new Set(rows.map(([pkg]) => pkg)),
  functions: new Set(rows.flatMap(([, ...functions]) => functions)),
};
