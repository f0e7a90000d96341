// What the shop would sell. Prices are in US dollars.

export const categories = {
  lighting: { name: "Lighting", line: "Light that follows a curve." },
  objects: { name: "Objects", line: "Small things, drawn with a compass." },
  furniture: { name: "Furniture", line: "Points of support." },
};

export const products = [
  { id: "arc-lamp", sku: "TG-101", name: "Arc lamp", category: "lighting", price: 189, line: "One bow of brass, one warm light.", text: "A bow of brushed brass carries a dome of opal glass. The light can be turned along the whole arc." },
  { id: "polar-pendant", sku: "TG-102", name: "Polar pendant", category: "lighting", price: 145, line: "A globe that hangs from a single point.", text: "Blown glass, hung from a thread of steel. Lights a table for six evenly, from pole to pole." },
  { id: "radius-clock", sku: "TG-201", name: "Radius clock", category: "objects", price: 79, line: "The hour as an angle.", text: "No numbers: the shorter radius is the hour, the longer the minute. Silent movement." },
  { id: "chord-vase", sku: "TG-202", name: "Chord vase", category: "objects", price: 58, line: "Two circles that meet.", text: "Stoneware, thrown as two bodies and joined where they touch. Each is watertight." },
  { id: "sector-mug", sku: "TG-203", name: "Sector mug", category: "objects", price: 24, line: "A handle you could measure.", text: "Its handle is exactly a third of a circle. Keeps coffee warm and geometers happy." },
  { id: "ellipse-mirror", sku: "TG-204", name: "Ellipse mirror", category: "objects", price: 129, line: "Two foci, one face.", text: "Polished edge, no frame. Hangs upright or lies down." },
  { id: "tripod-stool", sku: "TG-301", name: "Tripod stool", category: "furniture", price: 99, line: "Three points make a plane.", text: "Oiled ash. With three legs it cannot wobble, whatever your floor thinks." },
  { id: "axis-table", sku: "TG-302", name: "Axis table", category: "furniture", price: 349, line: "A round top on one column.", text: "A metre across, one column, a heavy foot. Seats four; nobody sits at a corner." },
];

export const product = (id) => products.find((p) => p.id === id);

export const money = (n) => n.toLocaleString("en-US", { style: "currency", currency: "USD" });

/** The product as the e-commerce spec describes one. */
export function spec(p, quantity) {
  return {
    product_id: p.id,
    sku: p.sku,
    name: p.name,
    category: categories[p.category].name,
    brand: "Tangent",
    price: p.price,
    ...(quantity === undefined ? {} : { quantity }),
    url: `${location.origin}/demo/product/${p.id}`,
    image_url: `${location.origin}/demo/art/${p.id}.svg`,
  };
}
