import {
  IconApi, IconBrandAndroid, IconBrandApple, IconBrandCSharp, IconBrandFlutter, IconBrandGolang, IconBrandJavascript, IconBrandNodejs,
  IconBrandPhp, IconBrandPython, IconBrandReactNative, IconBrandUnity, IconCoffee, IconDiamond, IconPhotoScan, IconServer2, type Icon,
} from "@tabler/icons-react";
import classes from "./KindIcon.module.css";

const icons: Record<string, Icon> = {
  javascript: IconBrandJavascript, pixel: IconPhotoScan, ios: IconBrandApple, android: IconBrandAndroid, "react-native": IconBrandReactNative,
  flutter: IconBrandFlutter, unity: IconBrandUnity, server: IconServer2, node: IconBrandNodejs, go: IconBrandGolang, python: IconBrandPython,
  ruby: IconDiamond, php: IconBrandPhp, java: IconCoffee, dotnet: IconBrandCSharp, http: IconApi,
};

/** The picture of a kind of source. */
export function KindIcon({ kind, size = 34 }: { kind: string; size?: number }) {
  const Icon = icons[kind] ?? IconServer2;
  return (
    <span className={classes.icon} style={{ width: size, height: size }} aria-hidden>
      <Icon size={size * 0.56} stroke={1.6} />
    </span>
  );
}
