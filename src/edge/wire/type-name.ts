/** `package/msg/Name` for every spelling in use: `package/Name`, `package::msg::dds_::Name_`. */
export function rosTypeName(name: string): string {
  const dds = /^(\w+)::(msg|srv|action)::dds_::(\w+)_$/.exec(name);
  if (dds !== null) return `${dds[1]}/${dds[2]}/${dds[3]}`;
  const parts = name.split(name.includes("::") ? "::" : "/");
  return parts.length === 2 ? `${parts[0]}/msg/${parts[1]}` : parts.join("/");
}
/** The same type as DDS spells it. */
export function ddsTypeName(name: string): string {
  const [pkg, kind, type] = rosTypeName(name).split("/");
  return `${pkg}::${kind}::dds_::${type}_`;
}
