import { connect } from "/plugin-ui/kit/1/bridge.js";
import { fillIn } from "./texts.js";

fillIn(await connect());
